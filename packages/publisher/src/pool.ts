import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeReport, encodeReport, readTextFile, type PlacedReport } from "./reports.ts";

/** A folder that publishers share: the last signed report of each, by underlying. */
export class ReportPool {
  constructor(private readonly folder: string) {}

  /** @param onUnreadable Told of each file that is no report; the others count. */
  async read(underlying: number, onUnreadable: (error: unknown) => void): Promise<PlacedReport[]> {
    await mkdir(this.folder, { recursive: true });
    const names = (await readdir(this.folder)).filter(
      (name) => name.startsWith(`${underlying}-`) && name.endsWith(".json"),
    );
    const found: PlacedReport[] = [];
    for (const name of names.sort()) {
      const file = join(this.folder, name);
      try {
        const placed = decodeReport(await readTextFile(file), file);
        if (placed.report.underlying === underlying) found.push(placed);
      } catch (error) {
        onUnreadable(error);
      }
    }
    return found;
  }

  /** Replaces the signer's earlier report. Others see all of it or nothing. */
  async write(placed: PlacedReport): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const file = join(this.folder, `${placed.report.underlying}-${placed.signer.toLowerCase()}.json`);
    await writeFile(`${file}.part`, encodeReport(placed));
    await rename(`${file}.part`, file);
  }
}
