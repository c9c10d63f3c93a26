/** Goes along with every export: what lies where, for whoever opens it first. */
export const README = `Export of an archived Twitter (X) account

load/items.dat    Concordance load file: UTF-8 with byte order mark, field separator U+0014, quote U+00FE,
                  line ends within values U+00AE. These three characters in a value are replaced by U+FFFD.
load/items.csv    The same rows as CSV (RFC 4180). A value that a spreadsheet would run as a formula begins with '.
natives/          Each item as an e-mail message (.eml). Its addresses end in .invalid: they reach nobody.
text/             Each item's text, UTF-8.
media/            Attachments, each a row of its own (PARENTID names its item).
raw/              With --raw: X's answers, byte for byte, under their names in the archive.
coverage.csv      Intervals of which every post was read, each with the capture whose answers prove it.
gaps.csv          Intervals of which not every post could be read, why, and what was tried.
not-exported.csv  Items and media that are not in this export, and why.
export.json       What was selected, counts, and the SHA-256 of each load file.
SHA256SUMS        SHA-256 of every other file: check with "sha256sum -c SHA256SUMS".

All times are UTC. Several values of one field are separated by "; ". SOURCEPAGE names the answer of X that an
item was made from, SOURCESHA256 its SHA-256.
`;
