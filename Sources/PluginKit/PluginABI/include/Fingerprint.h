// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "d8722ce760c06c383d1416afd5c5a0713fc0d5565d52f6099260b8b26ad6d4a8"
