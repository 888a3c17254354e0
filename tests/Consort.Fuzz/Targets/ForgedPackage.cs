using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Serving.Tests.Packages;

namespace Consort.Fuzz.Targets;

/// <summary>
/// A package with one part of another content, and checksums that agree. An input is a line with the part's name and then its bytes:
/// manifest, encoder, vocabularies, weights (their header) or numbers.
/// </summary>
internal sealed class ForgedPackage(byte[] whole)
{
    private static readonly string[] Parts = ["manifest", "encoder", "vocabularies", "weights", "numbers"];

    public IEnumerable<byte[]> Seeds()
    {
        var forge = new PackageForge(whole);
        byte[][] contents = [Encoding.UTF8.GetBytes(forge.Manifest.ToJsonString()), forge.Encoder, forge.Vocabularies,
            Encoding.UTF8.GetBytes(forge.WeightsHeader), forge.Numbers];
        return Parts.Zip(contents, (name, content) => (byte[])[.. Encoding.UTF8.GetBytes($"!{name}\n"), .. content]);
    }

    /// <summary>The package, or null where the input is none of these or its manifest no JSON, which other targets try.</summary>
    public byte[]? Of(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        if (line < 1 || input[0] != '!')
            return null;
        var forge = new PackageForge(whole);
        var content = input[(line + 1)..];
        switch (Encoding.UTF8.GetString(input, 1, line - 1))
        {
            case "manifest":
                if (Manifest(content) is not { } manifest)
                    return null;
                forge.Manifest.Clear();
                foreach (var (key, value) in manifest)
                    forge.Manifest[key] = value?.DeepClone();
                break;
            case "encoder": forge.Encoder = content; break;
            case "vocabularies": forge.Vocabularies = content; break;
            case "weights": forge.WeightsHeader = Encoding.UTF8.GetString(content); break;
            case "numbers": forge.Numbers = content; break;
            default: return null;
        }

        return forge.Build();
    }

    private static JsonObject? Manifest(byte[] content)
    {
        try
        {
            var json = JsonNode.Parse(content) as JsonObject;
            _ = (json?.Count, json?.ToJsonString());
            return json;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null; // no JSON, a key twice, or half a character
        }
    }
}
