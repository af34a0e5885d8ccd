"""``/_mock``: the routes by which tests, the lab and people steer a mock."""

from mock_kit.control.blueprint import control_blueprint
from mock_kit.control.requests import json_body, json_object, whole_number

__all__ = ["control_blueprint", "json_body", "json_object", "whole_number"]
