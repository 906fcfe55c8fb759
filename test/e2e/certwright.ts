import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = fileURLToPath(new URL('../..', import.meta.url));
export const binary = join(top, 'bin', 'certwright.js');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs a program with a time bound (milliseconds) and no terminal. */
export function runProgram(command: string, args: readonly string[], options: { env?: Record<string, string>; cwd?: string; timeout?: number; input?: string } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 60_000);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
    // A program that ends without reading its input is no failure of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** One machine's three directories in a temporary folder, and certwright and certbot working on them. */
export interface Place {
  folder: string;
  directories: readonly string[];
  /** `--sandbox` on a port of this place: tests run side by side, and a renewal file names its CA by the port. */
  sandbox: readonly string[];
  live(name: string, file: string): string;
  certwright(args: readonly string[], options?: { env?: Record<string, string>; timeout?: number; cwd?: string }): Promise<Ended>;
  certbot(args: readonly string[], options?: { env?: Record<string, string>; timeout?: number }): Promise<Ended>;
  remove(): void;
}

export function makePlace(env: Record<string, string> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), 'certwright-e2e-'));
  const directories = ['--config-dir', join(folder, 'config'), '--work-dir', join(folder, 'work'), '--logs-dir', join(folder, 'logs')];
  // Below the ports that the system gives to whoever asks.
  const sandbox = ['--sandbox', '--sandbox-port', String(20_000 + Math.floor(Math.random() * 10_000))];
  const withPort = (args: readonly string[]): readonly string[] => args.flatMap((word) => (word === '--sandbox' && !args.includes('--sandbox-port') ? sandbox : [word]));
  return {
    folder,
    directories,
    sandbox,
    live: (name, file) => join(folder, 'config', 'live', name, file),
    certwright: (args, options = {}) => runProgram(process.execPath, [binary, ...withPort(args), ...directories], { ...options, env: { HOME: folder, ...env, ...options.env } }),
    certbot: (args, options = {}) => runProgram('/usr/bin/certbot', [...args, ...directories], { ...options, env: { HOME: folder, ...env, ...options.env } }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A hook that lasts until this file is there, a minute at most. */
export const hookUntil = (file: string): string => `sh -c 'for try in $(seq 600); do [ -e ${file} ] && exit; sleep 0.1; done'`;

/** What an unattended run against this CA needs. */
export const unattended = (server: string): readonly string[] => ['-n', '--agree-tos', '-m', 'admin@example.com', '--server', server];
