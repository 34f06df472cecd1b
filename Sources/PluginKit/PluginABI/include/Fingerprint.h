// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "4fdfe0b03c1dabb085c5787a445f8fb706bc229a9b53fba43555b1246ed78425"
