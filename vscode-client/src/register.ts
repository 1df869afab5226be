/**
 * The client's copy of the server's register of endpoints (PROTOCOL.md): kept current by asking for what changed.
 *
 * Nothing is asked while nobody looks, and at most one request is under way; what changes meanwhile is asked for after it.
 */
import type { Range } from 'vscode-languageclient/node';

export type Access = 'public' | 'anonymous' | 'authenticated' | 'restricted' | 'guarded' | 'unknown';

/** Worst first: what anyone can reach, then what nobody could decide. */
export const ACCESS: readonly Access[] = ['public', 'anonymous', 'unknown', 'guarded', 'authenticated', 'restricted'];

export interface Endpoint {
    readonly id: string;
    readonly folder: string;
    readonly app: string;
    readonly methods: readonly string[];
    readonly method: string;
    readonly route: string;
    readonly access: Access;
    readonly roles: readonly string[];
    readonly policies: readonly string[];
    readonly reason: string;
    readonly kind: string;
    readonly handler: string;
    readonly file: string;
}

interface RegisterResult {
    readonly version: number;
    readonly complete: boolean;
    readonly endpoints: readonly Endpoint[];
    readonly removed: readonly string[];
}

export interface EndpointPlace {
    readonly uri: string;
    readonly range: Range;
    readonly markdown: string;
}

/** A request to the server; rejects while none runs. */
export type Ask = <Answer>(method: string, params: object) => Promise<Answer>;

export class Register {
    private readonly byId = new Map<string, Endpoint>();
    private version = 0;
    private asking = false;
    private stale = true;
    private watched = false;
    private generation = 0;

    constructor(
        private readonly ask: Ask,
        private readonly changed: () => void,
        private readonly failed: (error: unknown) => void,
    ) {}

    get size(): number {
        return this.byId.size;
    }

    endpoints(): Iterable<Endpoint> {
        return this.byId.values();
    }

    /** Somebody looks at the list, or no longer does. */
    watch(watched: boolean): void {
        this.watched = watched;
        void this.refresh();
    }

    /** The server says that the copy is old. */
    invalidate(): void {
        this.stale = true;
        void this.refresh();
    }

    /** Another server, or none: nothing of the old list counts. */
    reset(): void {
        this.generation += 1;
        this.version = 0;
        this.asking = false;
        this.stale = true;
        if (this.byId.size > 0) {
            this.byId.clear();
            this.changed();
        }
    }

    place(id: string): Promise<EndpointPlace | null> {
        return this.ask<EndpointPlace | null>('routewarden/endpoint', { id });
    }

    private async refresh(): Promise<void> {
        if (!this.watched || !this.stale || this.asking) {
            return;
        }
        const generation = this.generation;
        this.asking = true;
        this.stale = false;
        try {
            const answer = await this.ask<RegisterResult>('routewarden/register', { since: this.version });
            if (generation === this.generation) {
                this.takeOver(answer);
            }
        } catch (error) {
            if (generation === this.generation) {
                this.failed(error); // the next notification asks again
            }
        } finally {
            if (generation === this.generation) {
                this.asking = false;
                void this.refresh();
            }
        }
    }

    private takeOver(answer: RegisterResult): void {
        this.version = answer.version;
        if (answer.complete) {
            this.byId.clear();
        }
        for (const id of answer.removed) {
            this.byId.delete(id);
        }
        for (const endpoint of answer.endpoints) {
            this.byId.set(endpoint.id, endpoint);
        }
        this.changed();
    }
}
