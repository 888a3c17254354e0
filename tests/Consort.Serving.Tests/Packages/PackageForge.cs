using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Serving.Packages;

namespace Consort.Serving.Tests.Packages;

/// <summary>Takes a package apart and puts it together again with other content and checksums that agree.</summary>
internal sealed class PackageForge
{
    public PackageForge(byte[] package)
    {
        var header = PackageHeader.Read(package, package.Length, "forge");
        Manifest = JsonNode.Parse(Part(header.Manifest))!.AsObject();
        Encoder = Part(header.Encoder);
        Vocabularies = Part(header.Vocabularies);
        var weights = Part(header.Weights);
        var length = (int)BitConverter.ToInt64(weights);
        WeightsHeader = Encoding.UTF8.GetString(weights, 8, length);
        Numbers = weights[(8 + length)..];

        byte[] Part(Section section) => package[(int)section.Offset..(int)section.End];
    }

    public JsonObject Manifest { get; }

    public byte[] Encoder { get; set; }

    public byte[] Vocabularies { get; set; }

    public string WeightsHeader { get; set; }

    public byte[] Numbers { get; set; }

    public byte[] Build()
    {
        var text = Encoding.UTF8.GetBytes(WeightsHeader);
        byte[] weightsHeader = [.. BitConverter.GetBytes((long)text.Length), .. text];
        Manifest["encoder_checksum"] = Convert.ToHexStringLower(XxHash128.Hash(Encoder));
        Manifest["vocabularies_checksum"] = Convert.ToHexStringLower(XxHash128.Hash(Vocabularies));
        Manifest["weights_checksum"] = Convert.ToHexStringLower(XxHash128.Hash(weightsHeader));
        var manifest = Encoding.UTF8.GetBytes(Manifest.ToJsonString());
        var manifestAt = new Section(PackageHeader.Length, manifest.Length);
        var encoderAt = new Section(PackageHeader.Align(manifestAt.End, PackageHeader.EncoderAlignment), Encoder.Length);
        var vocabulariesAt = new Section(PackageHeader.Align(encoderAt.End, PackageHeader.VocabulariesAlignment), Vocabularies.Length);
        var weightsAt = new Section(PackageHeader.Align(vocabulariesAt.End, PackageHeader.WeightsAlignment),
            weightsHeader.Length + Numbers.Length);
        var package = new byte[weightsAt.End];
        new PackageHeader(weightsAt.End, manifestAt, encoderAt, vocabulariesAt, weightsAt,
            XxHash128.HashToUInt128(manifest)).Write(package);
        manifest.CopyTo(package, manifestAt.Offset);
        Encoder.CopyTo(package, encoderAt.Offset);
        Vocabularies.CopyTo(package, vocabulariesAt.Offset);
        weightsHeader.CopyTo(package, weightsAt.Offset);
        Numbers.CopyTo(package, weightsAt.Offset + weightsHeader.Length);
        return package;
    }
}
