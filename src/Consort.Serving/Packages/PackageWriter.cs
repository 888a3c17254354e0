using System.IO.Hashing;
using System.Reflection;
using System.Text;
using Consort.Compute.Graphs;
using Consort.Data;
using Consort.Data.Storage;
using Consort.Serving.Inference;

namespace Consort.Serving.Packages;

/// <summary>Writes packages.</summary>
public static unsafe class PackageWriter
{
    private const int Alignment = 64;

    /// <summary>Writes a package beside its place and moves it there when it is whole and flushed.</summary>
    /// <exception cref="ConsortException">The disk is full, or a weight is not a finite number.</exception>
    /// <exception cref="ArgumentException">A member that the graph does not have.</exception>
    public static void Write(string path, PackageContent content)
    {
        if (content.Members.Count == 0 || content.Members.Any(m => m < 0 || m >= content.Graph.Outputs.Count))
            throw new ArgumentException($"found members {string.Join(", ", content.Members)} of {content.Graph.Outputs.Count}", nameof(content));
        var tensors = Tensors(content);
        foreach (var tensor in tensors)
            tensor.Check();
        var entries = new List<TensorEntry>();
        foreach (var tensor in tensors)
            entries.Add(new TensorEntry(tensor.Name, tensor.Type, tensor.Shape, entries.Count == 0 ? 0 : entries[^1].Begin + entries[^1].Bytes, tensor.Bytes));
        var text = Encoding.UTF8.GetBytes(TensorLayout.Header(new Dictionary<string, string> { ["format"] = "consort-package-1" }, entries, Alignment));
        byte[] weightsHeader = [.. BitConverter.GetBytes((long)text.Length), .. text];
        using var encoder = new MemoryStream();
        content.Encoder.Write(encoder);
        var manifest = Manifest(content, tensors, encoder, weightsHeader);

        var manifestAt = new Section(PackageHeader.Length, manifest.Length);
        var encoderAt = new Section(PackageHeader.Align(manifestAt.End, PackageHeader.EncoderAlignment), encoder.Length);
        var weightsAt = new Section(
            PackageHeader.Align(encoderAt.End, PackageHeader.WeightsAlignment), weightsHeader.Length + entries[^1].Begin + entries[^1].Bytes);
        var header = new byte[PackageHeader.Length];
        new PackageHeader(weightsAt.End, manifestAt, encoderAt, weightsAt, XxHash128.HashToUInt128(manifest)).Write(header);
        SafeFile.Write(path, stream =>
        {
            stream.Write(header);
            stream.Write(manifest);
            stream.Write(new byte[encoderAt.Offset - manifestAt.End]);
            stream.Write(encoder.GetBuffer(), 0, (int)encoder.Length);
            stream.Write(new byte[weightsAt.Offset - encoderAt.End]);
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
            Add(TensorPacking.Plain(parameter.Name, Shape(parameter), content.Store.Values(parameter)));
        foreach (var table in reach.Tables)
            foreach (var part in TensorPacking.Table(
                table.Name, table.Rows, table.Dimension, (nint)content.Store.Embedding(table).Values.Pointer, content.Weights))
                Add(part);
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

    private static byte[] Manifest(PackageContent content, List<TensorPacking> tensors, MemoryStream encoder, byte[] weightsHeader)
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
            TrainingData = content.TrainingData,
            Metrics = content.Metrics,
            Calibration = content.Calibration,
            EncoderChecksum = Convert.ToHexStringLower(XxHash128.Hash(encoder.GetBuffer().AsSpan(0, (int)encoder.Length))),
            WeightsChecksum = Convert.ToHexStringLower(XxHash128.Hash(weightsHeader)),
            Tensors = checksums,
        }.ToBytes();
    }

    private static long[] Shape(Parameter parameter) => [.. parameter.Shape.Dimensions.ToArray().Select(d => (long)d)];
}
