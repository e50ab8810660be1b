"""The service from outside: for people (`Client`) and for runners (`Provider`)."""

from neckar_jobs.client.client import Client as Client
from neckar_jobs.client.provider import Provider as Provider
