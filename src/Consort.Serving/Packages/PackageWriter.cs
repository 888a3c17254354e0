using System.IO.Hashing;
using System.Reflection;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Foundation.Files;

namespace Consort.Serving.Packages;

/// <summary>Writes packages.</summary>
public static class PackageWriter
{
    private const int Alignment = 64;

    /// <summary>Writes a package beside its place and moves it there when it is whole and flushed.</summary>
    /// <exception cref="ConsortException">The disk is full, or a weight is not a finite number.</exception>
    /// <exception cref="ArgumentException">A member that the graph does not have.</exception>
    public static void Write(string path, PackageContent content)
    {
        if (content.Members.Count == 0 || content.Members.Any(m => m < 0 || m >= content.Graph.Outputs.Count))
            throw new ArgumentException($"found members {string.Join(", ", content.Members)} of {content.Graph.Outputs.Count}",
                nameof(content));
        var tensors = Tensors(content);
        foreach (var tensor in tensors)
            tensor.Check();
        var entries = new List<TensorEntry>();
        foreach (var tensor in tensors)
            entries.Add(new TensorEntry(tensor.Name, tensor.Type, tensor.Shape,
                entries.Count == 0 ? 0 : entries[^1].Begin + entries[^1].Bytes, tensor.Bytes));
        var text = System.Text.Encoding.UTF8.GetBytes(
            TensorLayout.Header(new Dictionary<string, string> { ["format"] = "consort-package-2" }, entries, Alignment));
        byte[] weightsHeader = [.. BitConverter.GetBytes((long)text.Length), .. text];
        var encoder = EncoderImage.Head(content.Encoder);
        var (vocabularies, vocabulariesHash) = Vocabularies(content.Encoder);
        var manifest = Manifest(content, tensors, encoder, vocabulariesHash, weightsHeader);

        var manifestAt = new Section(PackageHeader.Length, manifest.Length);
        var encoderAt = new Section(PackageHeader.Align(manifestAt.End, PackageHeader.EncoderAlignment), encoder.Length);
        var vocabulariesAt = new Section(PackageHeader.Align(encoderAt.End, PackageHeader.VocabulariesAlignment), vocabularies);
        var weightsAt = new Section(
            PackageHeader.Align(vocabulariesAt.End, PackageHeader.WeightsAlignment),
            weightsHeader.Length + entries[^1].Begin + entries[^1].Bytes);
        var header = new byte[PackageHeader.Length];
        new PackageHeader(weightsAt.End, manifestAt, encoderAt, vocabulariesAt, weightsAt, XxHash128.HashToUInt128(manifest)).Write(header);
        SafeFile.Write(path, stream =>
        {
            stream.Write(header);
            stream.Write(manifest);
            stream.Write(new byte[encoderAt.Offset - manifestAt.End]);
            stream.Write(encoder);
            stream.Write(new byte[vocabulariesAt.Offset - encoderAt.End]);
            EncoderImage.Memory(content.Encoder, stream.Write);
            stream.Write(new byte[weightsAt.Offset - vocabulariesAt.End]);
            stream.Write(weightsHeader);
            foreach (var tensor in tensors)
                tensor.ForEachBlock(stream.Write);
        });
    }

    // Every tensor begins on a cache line, and a cache line of zeros ends the file: kernels read whole vectors.
    private static List<TensorPacking> Tensors(PackageContent content)
    {
        var reach = GraphReach.Of(content.Graph, content.Members);
        var tensors = new List<TensorPacking>();
        long end = 0;
        foreach (var parameter in reach.Parameters)
            Add(TensorPacking.Plain(parameter.Name, Shape(parameter), () => content.Store.Values(parameter)));
        foreach (var table in reach.Tables)
        {
            var rows = content.Store.Embedding(table).Values;
            foreach (var part in TensorPacking.Table(table.Name, table.Rows, table.Dimension, () => rows.All, content.Weights))
                Add(part);
        }

        tensors.Add(TensorPacking.Padding(tensors.Count, Alignment));
        return tensors;

        void Add(TensorPacking tensor)
        {
            tensors.Add(tensor);
            end += tensor.Bytes;
            if (end % Alignment == 0)
                return;
            tensors.Add(TensorPacking.Padding(tensors.Count, Alignment - (end % Alignment)));
            end = PackageHeader.Align(end, Alignment);
        }
    }

    private static (long Length, string Checksum) Vocabularies(Data.Encoders.Encoder encoder)
    {
        long length = 0;
        var hash = new XxHash128();
        EncoderImage.Memory(encoder, bytes =>
        {
            length += bytes.Length;
            hash.Append(bytes);
        });
        return (length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private static byte[] Manifest(PackageContent content, List<TensorPacking> tensors, byte[] encoder, string vocabularies,
        byte[] weightsHeader)
    {
        var checksums = new Dictionary<string, string>();
        foreach (var tensor in tensors)
        {
            var hash = new XxHash128();
            tensor.ForEachBlock(hash.Append);
            checksums.Add(tensor.Name, Convert.ToHexStringLower(hash.GetCurrentHash()));
        }

        return new PackageManifest
        {
            Kind = PackageManifest.KindName,
            Format = PackageHeader.Format,
            Name = content.Name,
            Writer = typeof(PackageWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            Model = content.Model,
            Members = content.Members,
            Fusion = content.Fusion,
            Weights = content.Weights,
            Schema = content.Encoder.Schema.ToYaml(),
            Fields = [.. content.Encoder.Schema.Fields.Select((f, i) => new PackageField(f.Name, f.Kind, content.Encoder.Reads(i)))],
            TrainingData = content.TrainingData,
            Metrics = content.Metrics,
            Card = content.Card,
            Profile = content.Profile,
            Calibration = content.Calibration,
            EncoderChecksum = Convert.ToHexStringLower(XxHash128.Hash(encoder)),
            VocabulariesChecksum = vocabularies,
            WeightsChecksum = Convert.ToHexStringLower(XxHash128.Hash(weightsHeader)),
            Tensors = checksums,
        }.ToBytes();
    }

    private static long[] Shape(Parameter parameter) => [.. parameter.Shape.Dimensions.ToArray().Select(d => (long)d)];
}
