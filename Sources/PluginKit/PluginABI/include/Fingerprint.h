// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "48583c7a743c50ccc80aead37baa1dfba912fc182694538206397cdce0d75afc"
