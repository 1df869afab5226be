/**
 * Whether RouteWarden runs and what it knows: an item in the status bar, and one in the language status of C# files.
 *
 * Both are views of one `Status`. Files that could not be analysed are always named: no findings is not the same as clean.
 */
import * as vscode from 'vscode';

/** Parameters of the server's notification `routewarden/status` (PROTOCOL.md): the counts are over all folders. */
export interface ServerStatus {
    readonly state: 'scanning' | 'ready' | 'stopped';
    readonly endpoints: number;
    readonly findings: number;
    readonly notAnalysed: number;
}

/** What is shown: the server's own words while it runs, ours before and after. */
export type Status =
    | ServerStatus
    | { readonly state: 'starting' | 'running' | 'ended' }
    | { readonly state: 'failed'; readonly problem: string };

interface Words {
    readonly icon: string;
    readonly text: string;
    readonly detail: string;
    readonly severity: vscode.LanguageStatusSeverity;
    readonly command: vscode.Command;
}

const SHOW_PROBLEMS: vscode.Command = { title: 'Show Problems', command: 'workbench.actions.view.problems' };
const SHOW_OUTPUT: vscode.Command = { title: 'Show Output', command: 'routewarden.showOutput' };
const RESTART: vscode.Command = { title: 'Restart Server', command: 'routewarden.restart' };

function count(n: number, one: string): string {
    return `${n === 0 ? 'no' : n} ${one}${n === 1 ? '' : 's'}`;
}

function words(status: Status): Words {
    const { Information, Warning, Error } = vscode.LanguageStatusSeverity;
    switch (status.state) {
        case 'starting':
            return { icon: '$(sync~spin)', text: 'starting', detail: 'The server is being started', severity: Information, command: SHOW_OUTPUT };
        case 'running':
            return { icon: '$(shield)', text: 'running', detail: 'The server has not yet said what it knows', severity: Information, command: SHOW_OUTPUT };
        case 'scanning':
            return { icon: '$(sync~spin)', text: 'scanning', detail: counts(status), severity: Information, command: SHOW_OUTPUT };
        case 'ready':
            return {
                icon: status.notAnalysed === 0 ? '$(shield)' : '$(warning)',
                text: count(status.findings, 'finding'),
                detail: counts(status),
                severity: status.notAnalysed === 0 ? Information : Warning,
                command: SHOW_PROBLEMS,
            };
        case 'stopped':
        case 'ended':
            return { icon: '$(error)', text: 'stopped', detail: 'The server is not running', severity: Error, command: RESTART };
        case 'failed':
            return { icon: '$(error)', text: 'stopped', detail: status.problem, severity: Error, command: RESTART };
    }
}

function counts(status: ServerStatus): string {
    const known = `${count(status.endpoints, 'endpoint')}, ${count(status.findings, 'finding')}`;
    return status.notAnalysed === 0 ? known : `${known}, ${count(status.notAnalysed, 'file')} not fully analysed`;
}

export class StatusView implements vscode.Disposable {
    private readonly bar: vscode.StatusBarItem;
    private readonly language: vscode.LanguageStatusItem;

    constructor() {
        this.bar = vscode.window.createStatusBarItem('routewarden.status', vscode.StatusBarAlignment.Left);
        this.bar.name = 'RouteWarden';
        this.language = vscode.languages.createLanguageStatusItem('routewarden.status', { language: 'csharp' });
        this.language.name = 'RouteWarden';
        this.show({ state: 'starting' });
        this.bar.show();
    }

    show(status: Status): void {
        const { icon, text, detail, severity, command } = words(status);
        const failed = severity === vscode.LanguageStatusSeverity.Error;
        this.bar.text = `${icon} RouteWarden: ${text}`;
        this.bar.tooltip = `RouteWarden: ${detail}\n${command.title}`;
        this.bar.command = command;
        this.bar.accessibilityInformation = { label: `RouteWarden: ${text}. ${detail}` };
        this.bar.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
        this.language.text = `RouteWarden: ${text}`;
        this.language.detail = detail;
        this.language.severity = severity;
        this.language.busy = status.state === 'starting' || status.state === 'scanning';
        this.language.command = command;
    }

    dispose(): void {
        this.bar.dispose();
        this.language.dispose();
    }
}
