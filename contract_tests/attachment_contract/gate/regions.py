"""Regions: the endpoint that belongs to an AWS region, and whether an AWS region of a name exists. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from attachment_contract.gate import vocabulary as words

#: Regions of AWS's public partition and its government one (AWS, Regions and Availability Zones, read 2026-11-30;
#: documented). One that opened since is a warning, never an error.
AWS_REGIONS = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1"),
        *("ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"),
        *("eu-central-1", "eu-central-2", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("eu-north-1", "eu-south-1", "eu-south-2"),
        *("ap-east-1", "ap-east-2", "ap-south-1", "ap-south-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *(f"ap-southeast-{number}" for number in range(1, 8)),
        *("af-south-1", "il-central-1", "me-central-1", "me-south-1"),
    }
)
#: Beginning of an AWS region → the endpoint's region whose area it is in (inferred from geography). A CMI address in
#: another area, such as sa-east-1, belongs to no documented endpoint.
_AREAS = {
    "eu-": "Europe",
    "us-": "North America",
    "ca-": "North America",
    "ap-southeast-2": "Australia",
    "ap-southeast-4": "Australia",
}


@dataclass(frozen=True, kw_only=True)
class AssumedEndpoint:
    """The endpoint that is assumed where none is given; ``why`` is a clause for a sentence."""

    host: str
    region: str
    why: str


def area_of(aws_region: str) -> str | None:
    """The endpoint's region, as the page calls it, in whose area an AWS region is; None for other areas."""
    return next((area for start, area in _AREAS.items() if aws_region.lower().startswith(start)), None)


def aws_region_of(address: str | None) -> str | None:
    """The AWS region in a public CMI address, or None."""
    found = words.CMI_HOST.search(address or "")
    return found[1].lower() if found else None


def assumed_endpoint(cmi_url: str | None) -> AssumedEndpoint:
    """The endpoint for a configuration without one: that of CMI's area, otherwise Europe's."""
    aws_region = aws_region_of(cmi_url)
    area = area_of(aws_region) if aws_region else None
    for host, (region, _) in words.REGIONS.items():
        if region == area:
            return AssumedEndpoint(host=host, region=region, why=f"CMI's address is in {aws_region}")
    host = next(iter(words.REGIONS))
    where = f"no endpoint belongs to {aws_region}" if aws_region else "nothing in it names a region"
    return AssumedEndpoint(host=host, region=words.REGIONS[host][0], why=where)
