#!/bin/sh
# From generated/chatactivity.edmx: generated/chatactivity.csn, CAP's model of the remote service.
set -eu
node_modules/.bin/cds import generated/chatactivity.edmx --out generated/chatactivity.csn --as csn --force --no-save
