export function chromiumPath(build?: 'any' | 'whole'): string | undefined;
export function installChromium(say: (line: string) => void, build?: 'any' | 'whole'): string | undefined;
export const chromiumArguments: string[];
