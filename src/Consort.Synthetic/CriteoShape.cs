namespace Consort.Synthetic;

/// <summary>The outward shape of Criteo's display advertising logs, as public descriptions of the data give it (rounded).</summary>
internal static class CriteoShape
{
    public const int NumericFields = 13;
    public const int CategoricalFields = 26;
    public const int Fields = NumericFields + CategoricalFields;

    /// <summary>Distinct values of C1..C26 in the full file.</summary>
    public static ReadOnlySpan<int> Cardinalities =>
    [
        1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593, 3194, 27, 14992, 5461306, 10, 5652, 2173, 4, 7046547,
        18, 15, 286181, 105, 142572,
    ];

    /// <summary>Share of missing values of C1..C26.</summary>
    public static ReadOnlySpan<double> CategoricalMissing =>
        [
            0, 0, 0.034, 0.034, 0, 0.121, 0, 0, 0, 0, 0, 0.034, 0, 0, 0, 0.034, 0, 0, 0.44, 0.44, 0.034, 0.762, 0, 0.034, 0.44, 0.44,
        ];

    /// <summary>Share of missing values of I1..I13.</summary>
    public static ReadOnlySpan<double> NumericMissing =>
        [0.454, 0, 0.215, 0.217, 0.026, 0.224, 0.043, 0.0005, 0.043, 0.454, 0.043, 0.765, 0.217];

    /// <summary>Mean of log(1 + value) of I1..I13: their medians are about exp of it.</summary>
    public static ReadOnlySpan<double> NumericLogMean => [0.9, 1.6, 1.9, 1.6, 7.9, 3.4, 1.5, 2.1, 3.7, 0.4, 0.9, 0.3, 1.7];

    /// <summary>Standard deviation of log(1 + value) of I1..I13.</summary>
    public static ReadOnlySpan<double> NumericLogSpread => [0.9, 1.7, 1.2, 1.0, 2.0, 1.5, 1.2, 1.0, 1.2, 0.4, 0.7, 0.6, 1.0];

    /// <summary>Share of −1 among the values of I2, the one field where Criteo has negative values in number.</summary>
    public const double NegativeShare = 0.1;

    /// <summary>The numeric field with negative values.</summary>
    public const int NegativeField = 1;
}
