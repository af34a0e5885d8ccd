"""The durable engine: all that uses DBOS, and nothing else in the service does.

A round is one workflow, named ``round_v1``; its id is ``{transfer_id}:{round_no}``, so a round can be enqueued only
once. Arguments and step results are ids and small metadata, never a secret, never bytes. A workflow never ends in an
error for business reasons: the ledger's tables decide. The application version is a constant, so that a deploy never
strands work; a change of the order of steps needs a new workflow name.
"""
