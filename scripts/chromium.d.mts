export function chromiumPath(): string | undefined;
export function installChromium(say: (line: string) => void): string | undefined;
export const chromiumArguments: string[];
