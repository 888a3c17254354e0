namespace Consort.Fuzz.Targets;

/// <summary>The first cells of a batch's buffer, whether it hands out a span or an address.</summary>
internal static unsafe class Cells
{
    public static ReadOnlySpan<int> Of(Span<int> buffer, int count) => buffer[..count];

    public static ReadOnlySpan<int> Of(int* buffer, int count) => new(buffer, count);

    public static ReadOnlySpan<float> Of(Span<float> buffer, int count) => buffer[..count];

    public static ReadOnlySpan<float> Of(float* buffer, int count) => new(buffer, count);
}
