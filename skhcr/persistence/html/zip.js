// A zip archive of files that are packed already.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

/** Return bytes of numbers, each of which is given as [value, number of bytes]. */
function littleEndian(...fields) {
  const bytes = [];
  for (const [value, n] of fields) {
    for (let i = 0; i < n; i++) bytes.push((value / 256 ** i) & 255);
  }
  return Uint8Array.from(bytes);
}

/** Return an archive, a Blob, of files {name, bytes}. */
function zipped(files) {
  const parts = [];
  const entries = [];
  let offset = 0;
  let directory = 0;
  for (const { name, bytes } of files) {
    const path = new TextEncoder().encode(name);
    const common = [
      [20, 2], // the version that unpacks it
      [0x800, 2], // names are UTF-8
      [0, 2], // as it is, not packed
      [0, 2], // midnight,
      [33, 2], // January 1, 1980: no samples say when they were drawn
      [crc32(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [path.length, 2],
      [0, 2],
    ];
    const head = littleEndian([0x04034b50, 4], ...common);
    const rest = [[0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]];
    const entry = littleEndian([0x02014b50, 4], [20, 2], ...common, ...rest);
    parts.push(head, path, bytes);
    entries.push(entry, path);
    offset += head.length + path.length + bytes.length;
    directory += entry.length + path.length;
  }
  const n = files.length;
  const end = [[0x06054b50, 4], [0, 4], [n, 2], [n, 2], [directory, 4], [offset, 4], [0, 2]];
  return new Blob([...parts, ...entries, littleEndian(...end)], { type: "application/zip" });
}
