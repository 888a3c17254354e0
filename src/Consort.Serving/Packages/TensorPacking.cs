using System.Globalization;
using System.Numerics.Tensors;
using Consort.Foundation.Files;

namespace Consort.Serving.Packages;

/// <summary>A tensor to be written: its entry, and its bytes block by block.</summary>
internal sealed class TensorPacking
{
    private const int BlockNumbers = 1 << 18;
    private readonly NativeSource<float>? _source; // [rows, width] of float32, or null for padding
    private readonly int _width;
    private readonly bool _isScale;

    private TensorPacking(string name, TensorType type, IReadOnlyList<long> shape, NativeSource<float>? source, int width,
        bool isScale = false)
    {
        (Name, Type, Shape) = (name, type, shape);
        (_source, _width, _isScale) = (source, width, isScale);
    }

    public delegate void ReadBlock(ReadOnlySpan<byte> block);

    public string Name { get; }

    public TensorType Type { get; }

    public IReadOnlyList<long> Shape { get; }

    public long Bytes => TensorEntry.BytesOf(Type, Shape);

    /// <summary>Numbers as they are.</summary>
    public static TensorPacking Plain(string name, IReadOnlyList<long> shape, NativeSource<float> source) =>
        new(name, TensorType.F32, shape, source, shape.Count == 0 ? 1 : (int)shape[^1]);

    /// <summary>Zeros, so that what follows begins on a cache line.</summary>
    public static TensorPacking Padding(int index, long bytes) =>
        new(string.Create(CultureInfo.InvariantCulture, $"padding:{index}"), TensorType.U8, [bytes], null, 1);

    /// <summary>The tensors of an embedding table [V, D].</summary>
    public static IEnumerable<TensorPacking> Table(string name, long rows, int dimension, NativeSource<float> source,
        PackageWeights weights)
    {
        // A scale for one number would be larger than the number.
        if (weights == PackageWeights.Fp32 || dimension == 1)
            return [new(name, TensorType.F32, [rows, dimension], source, dimension)];
        return weights == PackageWeights.Fp16
            ? [new(name, TensorType.F16, [rows, dimension], source, dimension)]
            : [new(name, TensorType.I8, [rows, dimension], source, dimension),
                new(ScaleOf(name), TensorType.F32, [rows], source, dimension, isScale: true)];
    }

    /// <summary>The name of the scales of a table of bytes.</summary>
    public static string ScaleOf(string name) => name + ":scale";

    /// <summary>Checks that there is no number that a model cannot mean.</summary>
    /// <exception cref="ConsortException">One is not finite, or too large for half precision.</exception>
    public void Check()
    {
        if (_source is null || _isScale)
            return;
        var count = Shape.Aggregate(1L, (product, size) => product * size);
        var numbers = _source();
        for (long i = 0; i < count; i++)
        {
            var x = numbers[i];
            if (!float.IsFinite(x) || (Type == TensorType.F16 && MathF.Abs(x) > 65504))
                throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                    $"{Name}: found {x} at {i}, expected a finite number that {Type} can hold"));
        }
    }

    /// <summary>Gives the bytes, in order.</summary>
    public void ForEachBlock(ReadBlock read)
    {
        if (_source is null)
        {
            read(new byte[Bytes]);
            return;
        }

        var rows = _isScale ? Shape[0] : Shape.Aggregate(1L, (product, size) => product * size) / _width;
        var perBlock = Math.Max(1, BlockNumbers / _width);
        var buffer = new byte[perBlock * Math.Max(4L, (long)_width * TensorEntry.SizeOf(Type))];
        for (long row = 0; row < rows; row += perBlock)
        {
            var count = (int)Math.Min(perBlock, rows - row);
            var numbers = _source().Slice(row * _width, count * _width);
            read(Convert(numbers, buffer));
        }
    }

    private ReadOnlySpan<byte> Convert(ReadOnlySpan<float> numbers, byte[] buffer)
    {
        if (_isScale)
        {
            var scales = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(buffer.AsSpan(0, numbers.Length / _width * 4));
            for (var row = 0; row < scales.Length; row++)
                scales[row] = Scale(numbers.Slice(row * _width, _width));
            return buffer.AsSpan(0, scales.Length * 4);
        }

        switch (Type)
        {
            case TensorType.F16:
                TensorPrimitives.ConvertToHalf(
                    numbers, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(buffer.AsSpan(0, numbers.Length * 2)));
                return buffer.AsSpan(0, numbers.Length * 2);
            case TensorType.I8:
                for (var start = 0; start < numbers.Length; start += _width)
                    Quantise(numbers.Slice(start, _width), buffer.AsSpan(start, _width));
                return buffer.AsSpan(0, numbers.Length);
            default:
                return System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers);
        }
    }

    private static float Scale(ReadOnlySpan<float> row) => TensorPrimitives.MaxMagnitude(row) is var most ? MathF.Abs(most) / 127 : 0;

    private static void Quantise(ReadOnlySpan<float> row, Span<byte> bytes)
    {
        var scale = Scale(row);
        for (var i = 0; i < row.Length; i++)
            bytes[i] = scale == 0 ? (byte)0 : (byte)(sbyte)Math.Clamp(MathF.Round(row[i] / scale), -127, 127);
    }
}
