/** Checks the chain with sh, sed, cut and a SHA-256 tool; part of every evidence, and short enough to be read before it is run. */
export const verifyScript = `#!/bin/sh
# Recomputes the hash of every entry and checks that each links to the one before it.
# Needs: sh, sed, cut, and sha256sum or shasum. Reads entries.ndjson and chain.txt; writes nothing.
cd "$(dirname "$0")" || exit 2
if command -v sha256sum >/dev/null 2>&1; then sum="sha256sum"; else sum="shasum -a 256"; fi

bad=0
seq=0
prev=0000000000000000000000000000000000000000000000000000000000000000
while IFS= read -r line; do
  seq=$((seq + 1))
  kept=$(sed -n "\${seq}p" chain.txt | cut -d ' ' -f 1)
  hash=$(printf '%s' "$line" | $sum | cut -d ' ' -f 1)
  case $line in
    *',"prev":"'"$prev"'","run":"'*'","seq":'"$seq"'}') ;;
    *) echo "entry $seq does not link to the entry before it"; bad=1 ;;
  esac
  if [ "$hash" != "$kept" ]; then echo "entry $seq: its content does not match its hash"; bad=1; fi
  prev=$kept
done < entries.ndjson

kept=$(sed -n '$=' chain.txt)
if [ "\${kept:-0}" != "$seq" ]; then echo "$seq entries, \${kept:-0} hashes"; bad=1; fi
if [ "$bad" = 0 ]; then echo "The chain holds: $seq entries, last hash $prev"; fi
exit "$bad"
`;
