#!/bin/sh
# From generated/chatactivity.edmx: generated/*.js, models and services in CommonJS.
set -eu
node_modules/.bin/odata2ts --source generated/chatactivity.edmx --output generated --mode all --emit-mode js
echo '{"type": "commonjs"}' >generated/package.json
