/** The command line was wrong. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP: { readonly [command: string]: string } = {
  '': `breakwater-audit: verify and read an audit trail

  breakwater-audit verify DIR|URL --key KEY …   check the whole trail
  breakwater-audit prove DIR|URL ENTRY          write a proof of one entry to standard output
  breakwater-audit verify-proof FILE --key KEY  check such a proof; needs nothing else
  breakwater-audit export DIR|URL               entries as NDJSON, CSV or OCSF
  breakwater-audit keygen NAME                  make a signing key
  breakwater-audit witness --key-file FILE …    sign the checkpoints of somebody else's trail

Each takes --help. Exit code: 0 good, 1 something is wrong with the trail or it cannot be read, 2 wrong command line,
141 the output was closed before its end.
`,
  verify: `breakwater-audit verify DIR|URL --key KEY [options]

Checks every entry, hash and signature. The report goes to standard output, progress to standard error.

  --key KEY           public key of the trail, NAME+KEYID+BASE64, or a file that holds it; may be repeated
  --retired-key KEY   key the trail used before a rotation: good for earlier checkpoints only
  --witness KEY       public key of a witness that must have signed
  --earlier FILE      checkpoint that you kept; the trail must extend it; may be repeated
  --json              the report as JSON

Exit code: 0 intact, 1 not intact or not readable, 2 wrong command line.
`,
  prove: `breakwater-audit prove DIR|URL ENTRY > entry.tlog-proof

ENTRY is the index of an entry, or its id. Writes a C2SP tlog-proof: the entry, the hashes up to the root, and the signed
checkpoint.
`,
  'verify-proof': `breakwater-audit verify-proof FILE --key KEY [--retired-key KEY] [--json]

Checks a proof without the trail. FILE may be - for standard input. Prints the entry that is proved.
A proof that was signed before a key change verifies with --retired-key.
`,
  export: `breakwater-audit export DIR|URL [--format ndjson|csv|ocsf] [filters]

  --format FORMAT     ndjson (default), csv or ocsf (one OCSF 1.5.0 event a line)
  --actor ID          entries by this actor
  --resource ID       entries on this resource; also TYPE:ID
  --action ACTION     entries with this action
  --from TIME         not before this ISO 8601 date (midnight UTC) or time with zone
  --to TIME           before this one

It does not verify. Run verify first.
`,
  keygen: `breakwater-audit keygen NAME [--witness]

Prints a new private key to standard output and its public key to standard error. NAME is the trail's origin, a URL
without a scheme, such as audit.example.com/payments. --witness makes a key for cosignatures.
`,
  witness: `breakwater-audit witness --key-file FILE --trail KEY --state DIR [--listen HOST:PORT]

Runs a witness: C2SP tlog-witness over HTTP, until SIGINT or SIGTERM. It signs a checkpoint only where the trail's key
signed it and it extends what this witness signed before. Put a TLS proxy before it.

  --key-file FILE     private key of the witness, made by keygen --witness
  --trail KEY         public key of a trail to witness; may be repeated, also for a trail's next key
  --state DIR         its memory: the last checkpoint of each trail. Do not lose it, do not copy it back
  --listen HOST:PORT  default 127.0.0.1:7380; port 0 takes a free one
`,
};
