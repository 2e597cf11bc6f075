import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Picture, renderImage } from "./image.ts";

/** What a command found out: everything as data, as a page, and as a picture at a glance. */
export interface Report {
  /** Of the files, without an ending. */
  readonly name: string;
  readonly data: unknown;
  readonly page: string;
  readonly picture: () => Picture;
}

/** Writes data and page into the folder `out`, and the picture where one is asked for. */
export async function writeReport(
  { name, data, page, picture }: Report,
  { out, image }: { readonly out: string; readonly image: string | undefined },
): Promise<void> {
  await mkdir(out, { recursive: true });
  const exact = (_key: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
  await writeFile(join(out, `${name}.json`), JSON.stringify(data, exact, 1));
  await writeFile(join(out, `${name}.html`), page);
  if (image === undefined) return;
  await mkdir(dirname(image), { recursive: true });
  await writeFile(image, renderImage(picture()));
}
