// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "509065ea6d297dc928b2ed625629d077d47d6529e6e88afaac66987b8ce831b9"
