/**
 * Which program the server is: the one that this extension carries, or the user's own.
 *
 * Nothing is looked up on PATH and nothing in the workspace is run: a path that the workspace's settings give reaches us
 * only once the workspace is trusted (`restrictedConfigurations` in package.json).
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

export interface ServerProgram {
    readonly path: string;
    readonly own: boolean;
}

/** What keeps the server from being started, in words for the user. */
export interface NoProgram {
    readonly problem: string;
}

export async function findServerProgram(extensionPath: string): Promise<ServerProgram | NoProgram> {
    const setting = vscode.workspace.getConfiguration('routewarden').get<string>('server.path', '').trim();
    const own = setting !== '';
    const name = process.platform === 'win32' ? 'routewarden.exe' : 'routewarden';
    const program = own ? setting : path.join(extensionPath, 'bundled', 'server', name);
    if (!path.isAbsolute(program)) {
        return { problem: `routewarden.server.path must be an absolute path, and is "${program}".` };
    }
    try {
        if (!(await fs.stat(program)).isFile()) {
            return { problem: `${program} is not a file (routewarden.server.path).` };
        }
        await fs.access(program, fs.constants.X_OK);
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return {
            problem: own
                ? `The server that routewarden.server.path names cannot be run: ${reason}`
                : `This build of the extension carries no server for ${process.platform}-${process.arch}: ${reason}. Install the build for your platform, or set routewarden.server.path.`,
        };
    }
    return { path: program, own };
}
