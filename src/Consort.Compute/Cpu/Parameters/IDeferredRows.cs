namespace Consort.Compute.Cpu.Parameters;

/// <summary>What knows which rows of a table are behind the steps that were made, and makes up for it.</summary>
internal interface IDeferredRows
{
    /// <summary>Brings the rows up to date that the latest batch touches.</summary>
    void CatchUpTouched();

    /// <summary>Brings every row of every table up to date that the same optimizer trains.</summary>
    void CatchUpAll();
}
