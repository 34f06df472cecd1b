// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "acdc080a92686d987d8ccb891d44fd24cb3a434b77bcc4f675f8769fdae93d20"
