// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "4b0ea388f3678ea45a6030063e7d03e8203493725b3cb701b1c545e821d0e914"
