// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "443f9a2fd3b74a2b5bc9a2c0f35f9c25a520cfd3344e2f0662796bfe7ab1789c"
