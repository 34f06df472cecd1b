// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "73972b9eb9ef78a9fd799dd0ba9949654884f59337b516361c4a46d773c6b811"
