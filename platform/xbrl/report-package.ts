import { strToU8, zipSync } from "fflate";

/** A report package with one report (Report Package 1.0, .xbri); the same content always gives the same bytes. */
export function reportPackage({
  folder,
  report,
  content,
}: {
  /** The one folder at the top, for instance `{LEI}-{date}`. */
  readonly folder: string;
  readonly report: string;
  readonly content: string;
}): Uint8Array {
  const about = { documentInfo: { documentType: "https://xbrl.org/report-package/2023/xbri" } };
  // The zip format keeps local time without a zone; the oldest moment it knows is the same everywhere.
  const mtime = new Date(1980, 0, 1);
  // A third of the time of the usual level, and a twentieth more bytes.
  return zipSync(
    {
      [`${folder}/META-INF/reportPackage.json`]: [
        strToU8(`${JSON.stringify(about, undefined, 2)}\n`),
        { mtime },
      ],
      [`${folder}/reports/${report}`]: [strToU8(content), { mtime }],
    },
    { level: 3 },
  );
}
