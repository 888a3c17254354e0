namespace Consort.Data.Batches;

/// <summary>What becomes of columns of a file that an encoder was not fitted for.</summary>
public enum UnknownColumns
{
    /// <summary>They are passed over; <see cref="RawBatchReader.PassedOver"/> says which.</summary>
    PassOver,

    /// <summary>They are a mistake.</summary>
    Refuse,
}
