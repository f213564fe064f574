/** The lines that functions write to their log, on either stream, while this runs. */
export async function written(run: () => unknown): Promise<string[]> {
  let text = '';
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array) => {
      text += String(chunk);
      return true;
    };
    return () => (stream.write = write);
  });
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return text.split('\n').filter((line) => line !== '');
}
