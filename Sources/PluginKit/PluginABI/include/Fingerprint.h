// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "cd77efce20054728695dc7533f9f86826c3a938eed30bd2d956d8a33de63a3e8"
