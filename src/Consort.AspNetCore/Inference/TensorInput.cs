using System.Numerics;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Serving;

namespace Consort.AspNetCore.Inference;

/// <summary>The values of one field, one for each impression, as the Open Inference Protocol sends them.</summary>
internal abstract class TensorInput
{
    private static readonly string[] Types =
        ["BYTES", "FP16", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"];

    /// <param name="name">The field.</param>
    /// <param name="datatype">One of the protocol's names.</param>
    /// <param name="shape">[n] or [n, 1]; of a list also [n, L], a token each, where an empty one is none; in a sequence it is a
    /// missing one, unless only empty ones follow.</param>
    /// <param name="fields">The fields that the model reads.</param>
    /// <exception cref="RequestException">400: an unknown field or type, another shape.</exception>
    protected TensorInput(string name, string datatype, IReadOnlyList<long> shape, FieldTable fields)
    {
        var guess = 0;
        Field = fields.Find(System.Text.Encoding.UTF8.GetBytes(name), ref guess);
        (Name, Datatype, Fields) = (name, datatype, fields);
        if (!Types.Contains(datatype))
            throw new RequestException(400,
                $"input {name}: found datatype {RequestException.Show(datatype)}, expected one of {string.Join(", ", Types)}{NearestWord.Hint(datatype.Length > 20 ? "" : datatype, Types)}");
        var isList = Field != FieldTable.Unread && fields.IsList(Field);
        IsTokens = isList && shape.Count == 2 && shape[1] is >= 0 and not 1 and <= FieldList.Most;
        if (shape.Count is not (1 or 2) || (shape.Count == 2 && shape[1] != 1 && !IsTokens) || shape[0] is < 0 or > int.MaxValue
            || (IsTokens && shape[0] * shape[1] > int.MaxValue))
            throw new RequestException(400,
                $"input {name}: found shape [{string.Join(", ", shape.Take(8))}], expected [n] or [n, {(isList ? "tokens" : "1")}] for n impressions");
        (Rows, IsColumn, Tokens) = ((int)shape[0], shape.Count == 2, IsTokens ? (int)shape[1] : 1);
    }

    /// <summary>The fields that the model reads.</summary>
    protected FieldTable Fields { get; }

    public string Name { get; }

    public string Datatype { get; }

    /// <summary>The field's place, or <see cref="FieldTable.Unread"/>.</summary>
    public int Field { get; }

    public int Rows { get; }

    /// <summary>Whether the shape is [n, 1].</summary>
    public bool IsColumn { get; }

    /// <summary>Whether each value is a token of a list.</summary>
    protected bool IsTokens { get; }

    /// <summary>Values of an impression: 1 unless each is a token of a list.</summary>
    protected int Tokens { get; }

    private int _gaps; // empty tokens since the last other one of the impression

    /// <summary>What metadata call the type of a field.</summary>
    public static string TypeOf(FieldKind kind) => kind == FieldKind.Numeric ? "FP32" : "BYTES";

    /// <summary>The values of all impressions.</summary>
    protected long Values => (long)Rows * Tokens;

    /// <summary>The impression whose value comes next.</summary>
    protected int Row { get; set; }

    /// <summary>How many values stand before that value.</summary>
    protected int Place { get; private set; }

    /// <summary>Sets the field in all impressions of a batch to the values that follow those of the batch before.</summary>
    /// <exception cref="RequestException">400: a value of another type, or too few.</exception>
    public virtual void Fill(ImpressionBatch batch, ValueBuffers values, Limits limits)
    {
        for (var row = 0; row < batch.Count; row++, Row++)
        {
            Begin();
            for (var token = 0; token < Tokens; token++)
            {
                Place = (Row * Tokens) + token;
                Next();
                try
                {
                    Set(batch[row], limits);
                }
                catch (Exception e) when (e is ConsortException or RequestException)
                {
                    throw At(e.Message, e);
                }
            }
        }
    }

    /// <summary>Checks that there are no values left.</summary>
    /// <exception cref="RequestException">400: there are.</exception>
    public virtual void Finish()
    {
    }

    /// <summary>Goes to the next value.</summary>
    /// <exception cref="RequestException">400: there is none.</exception>
    protected virtual void Next()
    {
    }

    /// <summary>Sets the field to that value.</summary>
    protected virtual void Set(in ImpressionRow row, Limits limits)
    {
    }

    /// <summary>Checks that a whole number is one of the datatype's, which JSON and gRPC's wider contents do not see to.</summary>
    /// <exception cref="RequestException">400: it is not.</exception>
    protected void CheckRange(Int128 value)
    {
        var isUnsigned = Datatype.StartsWith('U');
        var bits = int.Parse(Datatype.AsSpan(isUnsigned ? 4 : 3), System.Globalization.CultureInfo.InvariantCulture);
        var (low, high) = isUnsigned ? (Int128.Zero, (Int128.One << bits) - 1) : (-(Int128.One << (bits - 1)),
            (Int128.One << (bits - 1)) - 1);
        if (value < low || value > high)
            throw new RequestException(400,
                FormattableString.Invariant($"found {value}, expected {low} to {high}, as datatype {Datatype} says"));
    }

    /// <summary>A mistake in a value.</summary>
    protected RequestException At(string mistake, Exception? inner = null) =>
        new(400, FormattableString.Invariant($"input {Name}[{Row}]: {mistake}"), inner);

    /// <summary>Sets the field to text.</summary>
    protected void SetBytes(in ImpressionRow row, ReadOnlySpan<byte> value, Limits limits)
    {
        if (value.Length > limits.Value)
            throw new RequestException(400, $"found a value of {value.Length} bytes, expected at most {limits.Value}");
        if (!System.Text.Unicode.Utf8.IsValid(value))
            throw new RequestException(400, "found bytes that are not UTF-8, expected text in UTF-8");
        if (IsTokens && value.IsEmpty)
            _gaps++;
        else if (IsTokens)
            Behind(row).AddToken(Field, value);
        else if (Field != FieldTable.Unread)
            row.Set(Field, value);
    }

    /// <summary>Begins an impression.</summary>
    protected void Begin() => _gaps = 0;

    // What is empty has a place in a sequence where something follows, and is padding where nothing does.
    private ImpressionRow Behind(in ImpressionRow row)
    {
        for (; _gaps > 0; _gaps--)
            row.AddToken(Field, default(ReadOnlySpan<byte>));
        return row;
    }

    /// <summary>
    /// Sets the field to the shortest text that reads as this number: of 0.1f it is 0.1, as it would be in a raw row. NaN is a missing
    /// value.
    /// </summary>
    protected void SetNumber<T>(in ImpressionRow row, T value)
        where T : struct, INumberBase<T>, IUtf8SpanFormattable
    {
        if (Field == FieldTable.Unread)
            return;
        if (T.IsNaN(value) && IsTokens)
            _gaps++;
        else if (T.IsNaN(value))
            row.SetMissing(Field);
        else if (IsTokens)
            Behind(row).AddToken(Field, value);
        else
            row.Set(Field, value);
    }

    protected RequestException Count(string found) =>
        new(400, FormattableString.Invariant($"input {Name}: found {found}, expected {Values} of datatype {Datatype}, as its shape says"));
}
