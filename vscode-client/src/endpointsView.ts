/**
 * The Endpoints view in the side bar: the workspace's register by app and access, filtered, one click to the code.
 *
 * What is shown is a function of the register's copy and of the filter. Rows are made when they are looked at, so thousands of
 * endpoints cost a sort when something changes. Routes and names come from the workspace: they are labels, never Markdown of ours.
 */
import * as vscode from 'vscode';
import { ACCESS, Register } from './register';
import type { Access, Ask, Endpoint } from './register';

export const VIEW = 'routewarden.endpoints';
export const SHOW_TRAIL = 'routewarden.showTrail';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'];
/** Changes come with each key that is typed; the tree is drawn again after this pause at the latest. */
const REDRAW_MS = 100;

const ICON: Readonly<Record<Access, readonly [icon: string, color: string]>> = {
    public: ['unlock', 'list.errorForeground'],
    anonymous: ['globe', 'list.warningForeground'],
    unknown: ['question', 'list.warningForeground'],
    guarded: ['shield', 'charts.blue'],
    authenticated: ['person', 'charts.green'],
    restricted: ['lock', 'charts.green'],
};
const MEANING: Readonly<Record<Access, string>> = {
    public: 'Anyone can call them, and nothing says that this is meant',
    anonymous: 'Anyone can call them, explicitly',
    unknown: 'Who can call them could not be decided',
    guarded: 'Guarded by a mechanism of their own',
    authenticated: 'Every signed-in user can call them',
    restricted: 'Signed-in users who meet roles or policies can call them',
};

interface AppNode {
    readonly type: 'app';
    readonly id: string;
    readonly app: string;
    readonly folder: string;
    readonly groups: readonly AccessNode[];
}
interface AccessNode {
    readonly type: 'access';
    readonly id: string;
    readonly access: Access;
    readonly endpoints: readonly Endpoint[];
}
interface EndpointNode {
    readonly type: 'endpoint';
    readonly id: string;
    readonly endpoint: Endpoint;
}
type Node = AppNode | AccessNode | EndpointNode;

interface Filter {
    readonly access: readonly Access[];
    readonly methods: readonly string[];
    readonly text: string;
}
const NO_FILTER: Filter = { access: [], methods: [], text: '' };

export class EndpointsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
    private readonly redraw = new vscode.EventEmitter<undefined>();
    readonly onDidChangeTreeData = this.redraw.event;
    private readonly register: Register;
    private readonly tree: vscode.TreeView<Node>;
    private readonly disposables: vscode.Disposable[] = [];
    private filter: Filter = NO_FILTER;
    private apps: readonly AppNode[] = [];
    private shown = 0;
    private timer: NodeJS.Timeout | undefined;

    constructor(ask: Ask, log: (error: unknown) => void) {
        this.register = new Register(ask, () => this.soon(), log);
        this.tree = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
        this.disposables.push(
            this.tree,
            this.redraw,
            this.tree.onDidChangeVisibility(({ visible }) => this.register.watch(visible)),
            vscode.commands.registerCommand('routewarden.endpoints.filterText', (text?: unknown) => this.askText(text)),
            vscode.commands.registerCommand('routewarden.endpoints.filterAccess', () => this.askAccess()),
            vscode.commands.registerCommand('routewarden.endpoints.filterMethod', () => this.askMethods()),
            vscode.commands.registerCommand('routewarden.endpoints.clearFilter', () => this.use(NO_FILTER)),
            vscode.commands.registerCommand('routewarden.endpoints.open', (node?: Node) => this.open(node)),
            vscode.commands.registerCommand('routewarden.endpoints.copyRoute', (node?: Node) => copyRoute(node)),
            vscode.commands.registerCommand(SHOW_TRAIL, showTrail),
        );
        this.register.watch(this.tree.visible);
        this.use(NO_FILTER);
    }

    /** The server says that its register changed. */
    invalidate(): void {
        this.register.invalidate();
    }

    /** The server went; one that comes is asked anew. */
    reset(): void {
        this.register.reset();
    }

    dispose(): void {
        clearTimeout(this.timer);
        vscode.Disposable.from(...this.disposables).dispose();
    }

    // --- the tree ---

    getChildren(node?: Node): Node[] {
        switch (node?.type) {
            case undefined:
                // One app needs no level of its own.
                return this.apps.length === 1 ? [...this.apps[0]!.groups] : [...this.apps];
            case 'app':
                return [...node.groups];
            case 'access':
                return node.endpoints.map((endpoint) => ({ type: 'endpoint', id: endpoint.id, endpoint }));
            case 'endpoint':
                return [];
        }
    }

    getTreeItem(node: Node): vscode.TreeItem {
        const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
        switch (node.type) {
            case 'app': {
                const item = new vscode.TreeItem(appName(node.app), Expanded);
                item.id = node.id;
                item.description = node.groups.map((group) => `${group.endpoints.length} ${group.access}`).join(', ');
                item.tooltip = node.app || vscode.Uri.parse(node.folder).fsPath;
                item.iconPath = new vscode.ThemeIcon('server-process');
                item.contextValue = 'app';
                return item;
            }
            case 'access': {
                // What needs a look is open, what is in order is folded; a filter means that one looks for something.
                const open = node.access === 'public' || node.access === 'unknown' || this.filter !== NO_FILTER;
                const item = new vscode.TreeItem(node.access, open ? Expanded : Collapsed);
                // VS Code remembers by id what is folded: with a filter that starts anew, or matches would stay hidden.
                item.id = this.filter === NO_FILTER ? node.id : `${node.id}?`;
                item.description = String(node.endpoints.length);
                item.tooltip = MEANING[node.access];
                item.iconPath = icon(node.access);
                item.contextValue = 'access';
                item.accessibilityInformation = { label: `${node.access}, ${count(node.endpoints.length)}. ${MEANING[node.access]}` };
                return item;
            }
            case 'endpoint': {
                const { endpoint } = node;
                const item = new vscode.TreeItem(`${endpoint.method} ${endpoint.route}`, None);
                item.id = node.id;
                const asked = [...endpoint.roles, ...endpoint.policies].join(', ');
                item.description = [asked, endpoint.file.split('/').pop()].filter(Boolean).join(' · ');
                item.iconPath = icon(endpoint.access);
                item.contextValue = 'endpoint';
                item.command = { command: 'routewarden.endpoints.open', title: 'Go to Code', arguments: [node] };
                item.accessibilityInformation = { label: `${endpoint.method} ${endpoint.route}, ${endpoint.access}` };
                return item;
            }
        }
    }

    /** The tooltip is what a hover in the code says; asked for when the pointer rests on a row. */
    async resolveTreeItem(item: vscode.TreeItem, node: Node, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
        if (node.type === 'endpoint') {
            const place = await this.register.place(node.id).catch(() => null);
            if (place !== null && !token.isCancellationRequested) {
                item.tooltip = new vscode.MarkdownString(place.markdown); // not trusted: no commands, no HTML
            }
        }
        return item;
    }

    private soon(): void {
        this.timer ??= setTimeout(() => {
            this.timer = undefined;
            this.draw();
        }, REDRAW_MS);
    }

    private draw(): void {
        const { filter } = this;
        const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
        const chosen = [...this.register.endpoints()].filter((endpoint) => matches(endpoint, filter, words));
        this.shown = chosen.length;
        this.apps = grouped(chosen);
        this.tree.message = this.message();
        const open = chosen.filter((endpoint) => endpoint.access === 'public').length;
        this.tree.badge = open > 0 ? { value: open, tooltip: `${count(open)} that anyone can call, and nobody said so` } : undefined;
        this.redraw.fire(undefined);
    }

    private message(): string {
        if (this.filter === NO_FILTER) {
            return '';
        }
        const parts = [
            this.filter.access.join(' or '),
            this.filter.methods.join(' or '),
            this.filter.text === '' ? '' : `“${this.filter.text}”`,
        ];
        return `${this.shown} of ${this.register.size} endpoints: ${parts.filter(Boolean).join(', ')}`;
    }

    // --- filters ---

    private use(filter: Filter): void {
        const empty = filter.access.length === 0 && filter.methods.length === 0 && filter.text === '';
        this.filter = empty ? NO_FILTER : filter;
        void vscode.commands.executeCommand('setContext', 'routewarden.endpoints.filtered', !empty);
        this.draw();
    }

    /** The list follows what is typed. */
    private askText(given: unknown): void {
        if (typeof given === 'string') {
            this.use({ ...this.filter, text: given });
            return;
        }
        const before = this.filter;
        const box = vscode.window.createInputBox();
        let accepted = false;
        box.title = 'Filter endpoints';
        box.placeholder = 'Words of the route, handler, file, role or policy';
        box.value = before.text;
        box.onDidChangeValue((text) => this.use({ ...this.filter, text: text.trim() }));
        box.onDidAccept(() => {
            accepted = true;
            box.hide();
        });
        box.onDidHide(() => {
            if (!accepted) {
                this.use(before);
            }
            box.dispose();
        });
        box.show();
    }

    private async askAccess(): Promise<void> {
        const items = ACCESS.map((access) => ({ label: access, description: MEANING[access], picked: this.filter.access.includes(access) }));
        const picked = await vscode.window.showQuickPick(items, { title: 'Show endpoints that are', canPickMany: true });
        if (picked !== undefined) {
            this.use({ ...this.filter, access: picked.map((item) => item.label) });
        }
    }

    private async askMethods(): Promise<void> {
        const items = METHODS.map((label) => ({ label, picked: this.filter.methods.includes(label) }));
        const picked = await vscode.window.showQuickPick(items, { title: 'Show endpoints that answer', canPickMany: true });
        if (picked !== undefined) {
            this.use({ ...this.filter, methods: picked.map((item) => item.label) });
        }
    }

    // --- what a row does ---

    private async open(node: Node | undefined): Promise<void> {
        const id = node?.type === 'endpoint' ? node.id : undefined;
        const place = id === undefined ? null : await this.register.place(id);
        if (place === null) {
            return; // it went a moment ago
        }
        const { start, end } = place.range;
        await vscode.window.showTextDocument(vscode.Uri.parse(place.uri), {
            selection: new vscode.Range(start.line, start.character, end.line, end.character),
        });
    }
}

/** The command behind a code lens: the hover that explains the endpoint at a place. */
async function showTrail(uri: unknown, line: unknown, character: unknown): Promise<void> {
    if (typeof uri !== 'string' || typeof line !== 'number' || typeof character !== 'number') {
        return;
    }
    const at = new vscode.Position(line, character);
    await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection: new vscode.Range(at, at) });
    await vscode.commands.executeCommand('editor.action.showHover', { focus: 'autoFocusImmediately' });
}

async function copyRoute(node: Node | undefined): Promise<void> {
    if (node?.type === 'endpoint') {
        await vscode.env.clipboard.writeText(node.endpoint.route);
    }
}

function icon(access: Access): vscode.ThemeIcon {
    const [id, color] = ICON[access];
    return new vscode.ThemeIcon(id, new vscode.ThemeColor(color));
}

function count(endpoints: number): string {
    return `${endpoints} endpoint${endpoints === 1 ? '' : 's'}`;
}

/** `Shop.Api` of `src/Shop.Api/Shop.Api.csproj`. */
function appName(app: string): string {
    return app.slice(app.lastIndexOf('/') + 1).replace(/\.csproj$/, '') || 'No project';
}

function matches(endpoint: Endpoint, filter: Filter, words: readonly string[]): boolean {
    if (filter.access.length > 0 && !filter.access.includes(endpoint.access)) {
        return false;
    }
    // An endpoint for any verb answers each of them.
    const { methods } = endpoint;
    if (filter.methods.length > 0 && methods.length > 0 && !methods.some((method) => filter.methods.includes(method))) {
        return false;
    }
    if (words.length === 0) {
        return true;
    }
    const text = [endpoint.method, endpoint.route, endpoint.handler, endpoint.file, ...endpoint.roles, ...endpoint.policies].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
}

function grouped(endpoints: readonly Endpoint[]): AppNode[] {
    const apps = new Map<string, Map<Access, Endpoint[]>>();
    for (const endpoint of endpoints) {
        const key = JSON.stringify([endpoint.folder, endpoint.app]);
        let groups = apps.get(key);
        if (groups === undefined) {
            apps.set(key, (groups = new Map()));
        }
        const group = groups.get(endpoint.access);
        if (group === undefined) {
            groups.set(endpoint.access, [endpoint]);
        } else {
            group.push(endpoint);
        }
    }
    const compare = new Intl.Collator('en').compare;
    const nodes = [...apps].map(([key, groups]): AppNode => {
        const [folder, app] = JSON.parse(key) as [string, string];
        const nodes = ACCESS.flatMap((access): AccessNode[] => {
            const of = groups.get(access);
            of?.sort((a, b) => compare(a.route, b.route) || compare(a.method, b.method));
            return of === undefined ? [] : [{ type: 'access', id: `${key}${access}`, access, endpoints: of }];
        });
        return { type: 'app', id: key, app, folder, groups: nodes };
    });
    return nodes.sort((a, b) => compare(appName(a.app), appName(b.app)) || compare(a.id, b.id));
}
