/**
 * What happens when the server's process ends by itself: it is started again, later each time, and no more after the fifth
 * time in three minutes (the limits of vscode-languageclient, whose own handler restarts at once). A program that ends before
 * it has answered once will not do better the next time, and is not started again.
 */
import { CloseAction, ErrorAction } from 'vscode-languageclient/node';
import type { CloseHandlerResult, ErrorHandler, ErrorHandlerResult, Message } from 'vscode-languageclient/node';

const WINDOW_MS = 3 * 60_000;
const MAX_CRASHES = 5;
const FIRST_DELAY_MS = 500;

export class CrashBackoff implements ErrorHandler {
    private crashes: number[] = [];
    private wake: (() => void) | undefined;
    private cancelled = false;

    constructor(
        private readonly hasAnswered: () => boolean,
        private readonly onRestarting: (delayMs: number) => void,
        private readonly onGivenUp: (message: string) => void,
    ) {}

    error(_error: Error, _message: Message | undefined, count: number | undefined): ErrorHandlerResult {
        // A single unreadable message must not cost the session; a stream of them means that the peer is no server.
        return { action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown, handled: true };
    }

    async closed(): Promise<CloseHandlerResult> {
        if (!this.hasAnswered()) {
            this.onGivenUp('The server ended before it answered. Its last words are in the output channel.');
            return { action: CloseAction.DoNotRestart, handled: true };
        }
        const now = Date.now();
        this.crashes = [...this.crashes.filter((time) => now - time < WINDOW_MS), now];
        if (this.crashes.length >= MAX_CRASHES) {
            this.onGivenUp(`The server ended ${MAX_CRASHES} times within 3 minutes and is not started again. Its last words are in the output channel.`);
            return { action: CloseAction.DoNotRestart, handled: true };
        }
        const delay = FIRST_DELAY_MS * 2 ** (this.crashes.length - 1);
        this.onRestarting(delay);
        await new Promise<void>((resolve) => {
            this.wake = resolve;
            setTimeout(resolve, delay);
        });
        return this.cancelled
            ? { action: CloseAction.DoNotRestart, message: 'The server is being replaced.', handled: true }
            : { action: CloseAction.Restart, message: 'The server ended and is started again.', handled: true };
    }

    /** Ends a wait for the next start without starting: the user asked for another server, or for none. */
    cancel(): void {
        this.cancelled = true;
        this.wake?.();
    }
}
