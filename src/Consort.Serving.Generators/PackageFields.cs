using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

namespace Consort.Serving.Generators;

/// <summary>A field of a package.</summary>
internal sealed record PackageField(string Name, bool IsList, bool IsRead);

/// <summary>
/// The fields of a package, from its first two sections: 128 bytes of header, of which bytes 32 to 39 are the manifest's length, and the
/// manifest, JSON (docs/design/0009-package-and-scorer.md).
/// </summary>
/// <param name="Name">The file's name.</param>
/// <param name="Fields">Its fields.</param>
/// <param name="Mistake">Why there are none; null where they were read.</param>
internal sealed record PackageFields(string Name, Items<PackageField> Fields, string? Mistake)
{
    public const string Extension = ".consort";
    private const int HeaderLength = 128;
    private const int ManifestLengthAt = 32;
    private const int MaxManifest = 16 << 20;

    public static PackageFields Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
#pragma warning disable RS1035 // a package is no text, which is all that the compiler would read for us
            using var file = File.OpenRead(path);
#pragma warning restore RS1035
            return Read(name, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException or FormatException)
        {
            return new(name, default, $"{name} cannot be read: {e.Message}");
        }
    }

    internal static PackageFields Read(string name, Stream file)
    {
        var header = Bytes(file, HeaderLength);
        if (header is null || !header.Take(8).SequenceEqual("CONSORTM"u8.ToArray()))
            return new(name, default, $"found another kind of file in {name}, expected a package that `consort pack` has written");
        var length = BitConverter.ToInt64(header, ManifestLengthAt);
        if (length is < 2 or > MaxManifest || Bytes(file, (int)length) is not { } manifest)
            return new(name, default, $"{name} is damaged or cut short");
        using var json = JsonReaderWriterFactory.CreateJsonReader(manifest, XmlDictionaryReaderQuotas.Max);
        return XElement.Load(json).Element("fields") is { } fields
            ? new(name, new([.. fields.Elements().Select(FieldOf)]), null)
            : new(name, default, $"{name} was packed before packages listed their fields; pack the run again");
    }

    private static PackageField FieldOf(XElement field) => new((string?)field.Element("name") ?? "",
        (string?)field.Element("kind") is "List" or "Sequence", (bool?)field.Element("is_read") ?? true);

    private static byte[]? Bytes(Stream file, int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            var read = file.Read(bytes, done, count - done);
            if (read == 0)
                return null;
            done += read;
        }

        return bytes;
    }
}
