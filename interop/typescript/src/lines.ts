// Lines out of a stream, however long they are: chunks are put together once, at the end of their line.

import type { Readable } from "node:stream";

const NEWLINE = 0x0a;

export class Lines {
  private chunks: Buffer[] = [];

  constructor(private readonly take: (line: string) => void) {}

  /** The end of the stream ends the program, since nothing else keeps it. */
  read(stream: Readable): void {
    stream.on("data", (chunk: Buffer) => {
      this.add(chunk);
    });
    stream.on("end", () => {
      this.endLine();
    });
  }

  private add(chunk: Buffer): void {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      this.chunks.push(chunk.subarray(from, to));
      this.endLine();
      from = to + 1;
    }
    if (from < chunk.length) this.chunks.push(chunk.subarray(from));
  }

  private endLine(): void {
    const line = Buffer.concat(this.chunks).toString("utf8");
    this.chunks = [];
    if (line.length > 0) this.take(line);
  }
}
