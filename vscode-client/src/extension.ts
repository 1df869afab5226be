/**
 * RouteWarden in VS Code: starts the language server, shows whether it runs, restarts it on request.
 *
 * At most one server runs at a time. What is analysed and reported is the server's business alone.
 */
import * as vscode from 'vscode';
import { EndpointsView } from './endpointsView';
import { findServerProgram } from './serverProgram';
import { Session } from './session';
import { StatusView } from './status';
import type { Status } from './status';

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
    const output = vscode.window.createOutputChannel('RouteWarden', { log: true });
    const view = new StatusView();
    const server = new Server(context.extensionPath, output, view);
    running = server;
    const endpoints = new EndpointsView(
        (method, params) => server.ask(method, params),
        (error) => output.debug(String(error)),
    );
    server.endpoints = endpoints;
    context.subscriptions.push(
        output,
        view,
        endpoints,
        vscode.commands.registerCommand('routewarden.restart', () => server.restart()),
        vscode.commands.registerCommand('routewarden.showOutput', () => output.show()),
        vscode.workspace.onDidChangeConfiguration((event) => {
            if (event.affectsConfiguration('routewarden.server.path')) {
                void server.restart();
            }
        }),
    );
    await server.restart();
}

export async function deactivate(): Promise<void> {
    await running?.stop();
    running = undefined;
}

/** The server of this window: starts and stops are carried out one after the other, in the order they were asked for. */
class Server {
    private session: Session | undefined;
    private queue: Promise<void> = Promise.resolve();
    endpoints: EndpointsView | undefined;

    constructor(
        private readonly extensionPath: string,
        private readonly output: vscode.LogOutputChannel,
        private readonly view: StatusView,
    ) {}

    restart(): Promise<void> {
        return this.enqueue(async () => {
            await this.end();
            this.show({ state: 'starting' });
            const program = await findServerProgram(this.extensionPath);
            if ('problem' in program) {
                this.show({ state: 'failed', problem: program.problem });
                return;
            }
            this.output.info(`Starting ${program.path} lsp${program.own ? ' (routewarden.server.path)' : ''}`);
            const session = new Session(
                program,
                this.output,
                (status) => {
                    if (this.session === session) {
                        this.show(status);
                    }
                },
                () => this.endpoints?.invalidate(),
            );
            this.session = session;
            await session.start();
        });
    }

    stop(): Promise<void> {
        return this.enqueue(() => this.end());
    }

    ask<Answer>(method: string, params: object): Promise<Answer> {
        return this.session?.ask<Answer>(method, params) ?? Promise.reject(new Error('The server is not running.'));
    }

    private enqueue(step: () => Promise<void>): Promise<void> {
        this.queue = this.queue.then(step).catch((error: unknown) => {
            this.output.error(error instanceof Error ? error : String(error));
        });
        return this.queue;
    }

    private async end(): Promise<void> {
        const session = this.session;
        this.session = undefined;
        await session?.stop();
    }

    private show(status: Status): void {
        this.view.show(status);
        this.tellEndpoints(status);
        if (status.state === 'failed') {
            this.output.error(status.problem);
            void this.offerWayOut(status.problem);
        }
    }

    /** A server that starts knows nothing yet, and one that has scanned is asked for what it knows. */
    private tellEndpoints(status: Status): void {
        const state = status.state === 'starting' || status.state === 'ended' || status.state === 'failed' ? 'none' : status.state;
        if (state === 'none') {
            this.endpoints?.reset();
        } else if (state === 'ready') {
            this.endpoints?.invalidate();
        }
        void vscode.commands.executeCommand('setContext', 'routewarden.state', state === 'none' ? status.state : state);
    }

    private async offerWayOut(problem: string): Promise<void> {
        const choice = await vscode.window.showErrorMessage(`RouteWarden: ${problem}`, 'Restart', 'Show Output', 'Open Settings');
        switch (choice) {
            case 'Restart':
                return this.restart();
            case 'Show Output':
                return this.output.show();
            case 'Open Settings':
                await vscode.commands.executeCommand('workbench.action.openSettings', 'routewarden.server.path');
        }
    }
}
