// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "51fb36b961f1b248a9336f93d71fc87477af2796f1a1d7562f7c49522b3d0682"
