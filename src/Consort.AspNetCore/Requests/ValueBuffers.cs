using System.Text.Json;

namespace Consort.AspNetCore.Requests;

/// <summary>What a request remembers while its values are read.</summary>
internal sealed class ValueBuffers
{
    private byte[] _text = new byte[256];
    private bool[] _rows = [];

    /// <summary>Which fields a row has given.</summary>
    public bool[] Given { get; private set; } = [];

    /// <summary>Which fields candidates have given.</summary>
    public bool[] Differing { get; private set; } = [];

    /// <summary>Where each field's value of the context is.</summary>
    public JsonPlace[] Context { get; private set; } = [];

    /// <summary>Makes room for fields and forgets what was there.</summary>
    public void Start(int fields)
    {
        if (Given.Length != fields)
            (Given, Differing, Context) = (new bool[fields], new bool[fields], new JsonPlace[fields]);
        Given.AsSpan().Clear();
        Differing.AsSpan().Clear();
        Context.AsSpan().Clear();
    }

    /// <summary>Makes room to remember which fields each of so many rows has given.</summary>
    public void RoomForRows(int rows)
    {
        if (_rows.Length < rows * Given.Length)
            _rows = new bool[rows * Given.Length];
    }

    /// <summary>Remembers what a row has given.</summary>
    public void KeepRow(int row)
    {
        var kept = GivenBy(row);
        Given.CopyTo(kept);
        for (var field = 0; field < kept.Length; field++)
            Differing[field] |= kept[field];
    }

    /// <summary>What a row has given.</summary>
    public Span<bool> GivenBy(int row) => _rows.AsSpan(row * Given.Length, Given.Length);

    /// <summary>A string or a property's name in UTF-8, without escapes.</summary>
    /// <exception cref="RequestException">400: half a surrogate pair is no text.</exception>
    public ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        // Unescaping never lengthens.
        if (_text.Length < reader.ValueSpan.Length)
            _text = new byte[Math.Max(reader.ValueSpan.Length, 2 * _text.Length)];
        try
        {
            return _text.AsSpan(0, reader.CopyString(_text));
        }
        catch (InvalidOperationException e)
        {
            throw new RequestException(400,
                $"found {RequestException.Show(reader.ValueSpan)}, expected text without halves of surrogate pairs", e);
        }
    }
}
