/**
 * One run of the language server, from its start until it is stopped for good; crashes in between belong to it.
 *
 * Diagnostics are pushed by the server for the whole workspace, so there is nothing here to ask for them. File watchers
 * and the settings that the server reads are registered by the server.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, State } from 'vscode-languageclient/node';
import { CrashBackoff } from './crashBackoff';
import { SHOW_TRAIL } from './endpointsView';
import type { ServerProgram } from './serverProgram';
import type { ServerStatus, Status } from './status';

/** How long a server that is told to end may take, in milliseconds, before its process is killed. */
const STOP_TIMEOUT_MS = 2_000;

/** Settings, compose files and OpenAPI documents; which of them matter is the server's to know. */
const DATA_FILES = ['**/*.{json,yml,yaml}'];

/** A client that writes its errors to the output channel only: what the user has to know, `Session` says once. */
class QuietClient extends LanguageClient {
    override error(message: string, data?: unknown): void {
        super.error(message, data, false);
    }
}

export class Session {
    private readonly client: LanguageClient;
    private readonly backoff: CrashBackoff;
    private ending = false;

    constructor(
        program: ServerProgram,
        output: vscode.LogOutputChannel,
        private readonly report: (status: Status) => void,
        registerChanged: () => void,
    ) {
        this.backoff = new CrashBackoff(
            () => this.client.state === State.Running,
            (delay) => {
                output.warn(`The server ended. It is started again in ${delay} ms.`);
                this.report({ state: 'starting' });
            },
            (message) => this.fail(message),
        );
        this.client = new QuietClient(
            'routewarden', // also the prefix of its settings: routewarden.trace.server
            'RouteWarden',
            // The working directory is the program's own, never the workspace: on some systems programs and libraries
            // are looked up there.
            { command: program.path, args: ['lsp'], options: { cwd: path.dirname(program.path) } },
            {
                documentSelector: [
                    { scheme: 'file', language: 'csharp' },
                    // By name: VS Code calls some of them json, others jsonc, and an extension may call them something else.
                    ...DATA_FILES.map((pattern) => ({ scheme: 'file', pattern })),
                    { scheme: 'file', pattern: '**/*.cshtml' },
                    { scheme: 'file', pattern: '**/routewarden.toml' },
                ],
                initializationOptions: { showTrailCommand: SHOW_TRAIL },
                outputChannel: output,
                revealOutputChannelOn: RevealOutputChannelOn.Never,
                errorHandler: this.backoff,
                initializationFailedHandler: (error) => {
                    output.error(error instanceof Error ? error : String(error));
                    return false;
                },
                // Hovers quote source code of the workspace: no commands, no HTML.
                markdown: { isTrusted: false, supportHtml: false },
            },
        );
        this.client.onNotification('routewarden/status', (status: ServerStatus) => this.report(status));
        this.client.onNotification('routewarden/registerChanged', registerChanged);
        this.client.onDidChangeState(({ newState }) => {
            if (newState === State.StartFailed) {
                this.fail('The server could not be started. The output channel says why.');
            } else if (!this.ending) {
                this.report({ state: newState === State.Starting ? 'starting' : newState === State.Running ? 'running' : 'ended' });
            }
        });
    }

    /** Resolves when the server answers, or when it is clear that it won't (which is then reported). */
    async start(): Promise<void> {
        try {
            await this.client.start();
        } catch (error) {
            this.fail(`The server could not be started: ${error instanceof Error ? error.message : String(error)}`);
        }
    }

    /** Rejects where the server does not run, or does not know the answer. */
    ask<Answer>(method: string, params: object): Promise<Answer> {
        return this.client.sendRequest<Answer>(method, params);
    }

    async stop(): Promise<void> {
        this.ending = true;
        this.backoff.cancel();
        try {
            await this.client.dispose(STOP_TIMEOUT_MS);
        } catch {
            // It was not running, or did not answer and was killed: either way it is gone.
        }
    }

    /** The first thing that goes wrong for good is said; what follows from it is in the output channel. */
    private fail(problem: string): void {
        if (!this.ending) {
            this.ending = true;
            this.report({ state: 'failed', problem });
        }
    }
}
