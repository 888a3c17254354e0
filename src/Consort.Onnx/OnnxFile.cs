using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Serving.Inference;
using Consort.Serving.Packages;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>Writes ONNX models: one file, and a second one for the tables of large models.</summary>
public static class OnnxFile
{
    private const int Alignment = 4096; // of tables in their file, so that runtimes can map them
    private const int PieceNumbers = 1 << 24;

    /// <summary>
    /// Writes a model. Where its tables go to a file of their own, that file is named after its content and written first, so that a model
    /// never stands beside tables of another export.
    /// </summary>
    /// <param name="path">The model's file; replaced when the new one is whole.</param>
    /// <param name="content">What goes into it.</param>
    /// <exception cref="ConsortException">The file cannot be written, or the model is too large for its format.</exception>
    public static OnnxSummary Write(string path, OnnxContent content)
    {
        path = Path.GetFullPath(path);
        var model = OnnxModel.Of(content);
        var graph = model.Writer.Graph;
        var tables = model.Writer.Tables;
        var dense = graph.Initializer.Sum(t => (long)t.RawData.Length);
        string? external = null;
        long externalBytes = 0;
        if (tables.Count > 0 && tables.Sum(t => BytesOf(t.Numbers)) + dense > content.Options.ExternalOver)
            external = WriteTables(path, tables, out externalBytes);
        else
            foreach (var (tensor, numbers) in tables)
                tensor.RawData = UnsafeByteOperations.UnsafeWrap(new NativeBytes(numbers).Memory);

        SafeFile.Write(path, model.Message.WriteTo);
        foreach (var old in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}.*.data"))
            if (IsOurs(old) && Path.GetFileName(old) != external)
                File.Delete(old);
        GC.KeepAlive(content.Store);
        return new OnnxSummary(
            model.Writer.Inputs, model.Writer.Outputs, graph.Node.Count, new FileInfo(path).Length, external, externalBytes, model.Notes);
    }

    /// <summary>Writes the model of a package, with its calibration.</summary>
    /// <param name="path">The model's file; replaced when the new one is whole.</param>
    /// <param name="package">The package's file; its tables must be fp32.</param>
    /// <param name="members">Given the numbers of the package's members, the places of those to take, at least one.</param>
    /// <param name="options">The form to write.</param>
    /// <param name="catalogues">By which names in the package are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">The package is damaged or has other tables, or the file cannot be written.</exception>
    public static OnnxSummary Write(string path, string package, Func<IReadOnlyList<int>, IReadOnlyList<int>> members, OnnxOptions options,
        Catalogues? catalogues = null)
    {
        using var model = ScoringModel.Load(package, PackageCheck.Whole, PackageStorage.Memory, catalogues);
        var manifest = model.Manifest;
        if (manifest.Weights != PackageWeights.Fp32)
            throw new ConsortException(
                $"{package}: found tables in {manifest.Weights.ToString().ToLowerInvariant()}, expected fp32, which is all that the model's operators look up; export the run, or pack it with --weights fp32");
        return Write(path, new OnnxContent
        {
            Name = manifest.Name,
            Graph = model.Graph,
            Store = model.Store,
            Encoder = model.Encoder,
            Members = members(manifest.Members),
            Fusion = manifest.Fusion,
            Calibration = manifest.Calibration,
            Options = options,
        });
    }

    // Gives the file's name: that of the model with a digest of the numbers.
    private static string WriteTables(string path, List<(Schema.Tensor Tensor, NativeBuffer<float> Numbers)> tables, out long length)
    {
        var hash = new XxHash128();
        foreach (var (_, numbers) in tables)
            ForEachPiece(numbers, hash.Append);
        var name = $"{Path.GetFileName(path)}.{Convert.ToHexStringLower(hash.GetCurrentHash())}.data";
        long end = 0;
        SafeFile.Write(Path.Combine(Path.GetDirectoryName(path)!, name), stream =>
        {
            foreach (var (tensor, numbers) in tables)
            {
                var begin = (end + Alignment - 1) / Alignment * Alignment;
                stream.Write(new byte[begin - end]);
                ForEachPiece(numbers, stream.Write);
                var bytes = BytesOf(numbers);
                tensor.DataLocation = Schema.Tensor.Types.Location.External;
                tensor.ExternalData.Add(new Schema.Entry { Key = "location", Value = name });
                tensor.ExternalData.Add(new Schema.Entry { Key = "offset", Value = begin.ToString(CultureInfo.InvariantCulture) });
                tensor.ExternalData.Add(new Schema.Entry { Key = "length", Value = bytes.ToString(CultureInfo.InvariantCulture) });
                end = begin + bytes;
            }
        });
        length = end;
        return name;
    }

    private static bool IsOurs(string file)
    {
        var parts = Path.GetFileName(file).Split('.');
        return parts[^2].Length == 32 && parts[^2].All(char.IsAsciiHexDigitLower);
    }

    private static long BytesOf(NativeBuffer<float> numbers) => numbers.Length * sizeof(float);

    private static void ForEachPiece(NativeBuffer<float> numbers, BytesTaker take)
    {
        for (long done = 0; done < numbers.Length; done += PieceNumbers)
            take(MemoryMarshal.AsBytes(numbers.Slice(done, (int)Math.Min(PieceNumbers, numbers.Length - done))));
    }
}
