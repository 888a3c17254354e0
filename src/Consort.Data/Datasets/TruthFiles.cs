using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Sources;
using Microsoft.Win32.SafeHandles;

namespace Consort.Data.Datasets;

/// <summary>The true click probabilities beside synthetic data: <c>file.truth</c>, one little-endian 32-bit float per data row.</summary>
internal sealed class TruthFiles : IDisposable
{
    private readonly string[] _paths;
    private readonly SafeFileHandle[] _files;

    private TruthFiles(string[] paths)
    {
        _paths = paths;
        _files = [.. paths.Select(p => File.OpenHandle(p, options: FileOptions.SequentialScan))];
    }

    /// <summary>The truth beside a source file.</summary>
    public static string PathOf(string source) => source + SourceFiles.TruthEnding;

    /// <summary>Opens the truth of all sources, or gives null unless each has one.</summary>
    public static TruthFiles? Open(IReadOnlyList<string> sources)
    {
        string[] paths = [.. sources.Select(PathOf)];
        return paths.All(File.Exists) ? new TruthFiles(paths) : null;
    }

    /// <summary>XxHash128 over all truth files, part of the dataset's key.</summary>
    public static string HashOf(IReadOnlyList<string> sources)
    {
        var hash = new XxHash128();
        foreach (var source in sources)
        {
            using var stream = SourceStream.Open(PathOf(source));
            hash.Append(stream);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>Checks that there is one number per data row.</summary>
    public void CheckRows(IReadOnlyList<long> rows)
    {
        for (var i = 0; i < _files.Length; i++)
        {
            var bytes = RandomAccess.GetLength(_files[i]);
            if (bytes != rows[i] * 4)
                throw new ConsortException($"{_paths[i]}: found {bytes} bytes, expected {rows[i] * 4} (4 for each of {rows[i]} data rows)");
        }
    }

    /// <summary>Reads the truth of some rows.</summary>
    public float[] Read(int file, long firstRow, int rows)
    {
        var truth = new float[rows];
        var bytes = MemoryMarshal.AsBytes(truth.AsSpan());
        var offset = firstRow * 4;
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(_files[file], bytes, offset);
            if (read == 0)
                throw new ConsortException($"{_paths[file]}: found fewer than {firstRow + rows} numbers, expected one for each data row");
            bytes = bytes[read..];
            offset += read;
        }
        if (!BitConverter.IsLittleEndian)
        {
            var words = MemoryMarshal.Cast<float, int>(truth.AsSpan());
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(words, words);
        }
        for (var r = 0; r < rows; r++)
        {
            if (!(truth[r] is >= 0 and <= 1))
                throw new ConsortException(FormattableString.Invariant(
                    $"{_paths[file]}: found {truth[r]} for row {firstRow + r + 1}, expected a probability from 0 to 1"));
        }
        return truth;
    }

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }
}
