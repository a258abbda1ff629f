declare module '@vercel/ncc' {
  export default function ncc(entry: string, options: Readonly<Record<string, unknown>>): Promise<unknown>;
}
