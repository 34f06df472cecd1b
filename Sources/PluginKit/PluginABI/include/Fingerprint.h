// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "a3173317a37f4e631761aac19415da82341ff9a668dcfda24085ee8b56f765ba"
