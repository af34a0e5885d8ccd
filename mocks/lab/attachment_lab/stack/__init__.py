"""The processes of a running lab: ports, egress maps, commands, start and end, clocks, reset."""
