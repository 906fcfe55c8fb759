/** Is one of these paths in one of the folders, or below? */
export function isBelow(folders: readonly string[], paths: readonly string[]): boolean {
  return paths.some((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
}
