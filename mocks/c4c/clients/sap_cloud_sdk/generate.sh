#!/bin/sh
# From generated/chatactivity.edmx: generated/chatactivity/, the typed client in CommonJS.
set -eu
node_modules/.bin/generate-odata-client --input generated/chatactivity.edmx --outputDir generated --transpile --overwrite
echo '{"type": "commonjs"}' >generated/package.json
