/** The platform that images are built for unless another is asked for. */
export const MACHINE = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
